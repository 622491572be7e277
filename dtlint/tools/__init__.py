"""What each launcher, scheduler, framework and configuration format means; one file each, no syntax."""
