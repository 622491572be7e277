"""Packages that read, write, draw, log or reckon, and have no part in the job.

None of their calls meets another process, makes a process group, starts a process, exchanges weights, makes a GPU the
current one or seeds torch's random numbers.
"""

from __future__ import annotations

from typing import Final

BYSTANDERS: Final = frozenset(
    (
        "numpy", "scipy", "pandas", "polars", "pyarrow", "sklearn", "skimage", "statsmodels", "sympy", "networkx",
        "PIL", "cv2", "imageio", "tifffile", "albumentations", "pycocotools", "matplotlib", "seaborn", "plotly",
        "h5py", "zarr", "xarray", "netCDF4", "lmdb", "webdataset", "tables", "msgpack", "orjson", "ujson",
        "jsonlines", "pickle5", "zstandard", "lz4", "fsspec", "s3fs", "gcsfs", "smart_open", "braceexpand",
        "tensorstore", "librosa", "soundfile", "audioread", "pydub", "decord", "av", "nibabel", "SimpleITK",
        "pydicom", "openslide", "rasterio", "shapely", "geopandas", "rdkit", "ase", "pymatgen", "Bio", "nltk",
        "regex", "sentencepiece", "tiktoken", "sacrebleu", "rouge_score", "jiwer", "ftfy", "jieba", "einops",
        "jaxtyping", "beartype", "yaml", "toml", "tomli", "omegaconf", "yacs", "easydict", "pydantic", "attr",
        "attrs", "dacite", "dotenv", "absl", "click", "fire", "typer", "tyro", "docopt", "rich", "loguru",
        "termcolor", "tabulate", "prettytable", "colorlog", "tqdm", "wandb", "mlflow", "tensorboard", "tensorboardX",
        "comet_ml", "neptune", "aim", "swanlab", "requests", "boto3", "psutil", "packaging",
    )
)  # fmt: skip
