"""Documents that start processes: what each kind makes an operator or a container engine start."""
