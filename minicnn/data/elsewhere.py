"""PyTorch's names of data sets, loaders and transforms that are not here, with what to write.

`minicnn.data.DataLoader` answers with its line.  Data are arrays here: whole batches (N, C, H, W).
"""

from typing import NoReturn

from minicnn.backend.messages import did_you_mean

LOADER = "write Loader(images, labels, batch_size); {}"
STEP = "Loader(..., transform=f) asks f(images, rng) for each batch"
SCALE = "write standardise(images, mean, std): pixels / 255, then (x - mean) / std"
AUGMENT = "write augment.{}, for a whole batch"

ELSEWHERE = {
    "DataLoader": LOADER.format("it shuffles unless shuffle=False, and hands out arrays"),
    "RandomSampler": LOADER.format("it shuffles"),
    "SequentialSampler": LOADER.format("shuffle=False keeps the order"),
    **dict.fromkeys(("TensorDataset", "StackDataset", "IterableDataset"),
                    "write Dataset(images, labels, classes), which holds arrays"),
    **dict.fromkeys(("Subset", "SubsetRandomSampler"), "write dataset[numbers]"),
    "random_split": "write order = rng.permutation(len(dataset)), then dataset[order[:n]] and "
                    "dataset[order[n:]]",
    **dict.fromkeys(("ConcatDataset", "ChainDataset"),
                    "write np.concatenate([a.images, b.images]), and the same for the labels"),
    **dict.fromkeys(("Sampler", "BatchSampler", "WeightedRandomSampler", "DistributedSampler"),
                    "choose before: dataset[numbers], with numbers drawn as you like"),
    **dict.fromkeys(("default_collate", "default_convert", "get_worker_info"),
                    "batches are arrays already, cut from those given to Loader"),
    **dict.fromkeys(("Compose", "Lambda", "RandomApply", "RandomChoice", "RandomOrder",
                     "transforms"),
                    f"write a function that does one step after the other; {STEP}"),
    **dict.fromkeys(("ToTensor", "PILToTensor", "ConvertImageDtype", "Normalize"), SCALE),
    "ToPILImage": "images are arrays; PIL.Image.fromarray(image.transpose(1, 2, 0))",
    "Resize": "minicnn.training.transforms.resize(images, (H, W)) resizes a batch",
    "CenterCrop": AUGMENT.format("center_crop(images, size)"),
    "Pad": "write pad(images, pixels)",
    "RandomCrop": AUGMENT.format("random_crop(images, rng, size, pad)"),
    "RandomResizedCrop": AUGMENT.format("random_resized_crop(images, rng, size)"),
    "RandomHorizontalFlip": AUGMENT.format("flip(images, rng)"),
    "RandomVerticalFlip": "write images[:, :, ::-1] for the chosen ones",
    **dict.fromkeys(("TenCrop", "FiveCrop"), AUGMENT.format("ten_crop(images, size)")),
    "ColorJitter": AUGMENT.format("colour_jitter(images, rng)"),
    "RandomRotation": AUGMENT.format("rotate(images, rng, degrees=10)"),
    **dict.fromkeys(("RandomAffine", "ElasticTransform", "RandomPerspective"),
                    AUGMENT.format("warp(images, rng, degrees=8, shift=1.5, elastic_alpha=20)")),
    "RandomErasing": AUGMENT.format("cutout(images, rng, size)"),
    **dict.fromkeys(("Grayscale", "RandomGrayscale"), "write images.mean(axis=1, keepdims=True)"),
    **dict.fromkeys(("GaussianBlur", "RandomInvert", "RandomPosterize", "RandomSolarize",
                     "RandomAdjustSharpness", "RandomAutocontrast", "RandomEqualize",
                     "LinearTransformation"),
                    f"write it with NumPy, or Pillow before the arrays are made; {STEP}"),
    "InterpolationMode": "pictures are resized bilinearly here",
    "MNIST": 'write mnist("train"), mnist("test")',
    "FashionMNIST": 'write mnist("train", folder), with its four files in that folder',
    "CIFAR10": 'write cifar10(folder, "train"), or both parts: find_data("cifar10")',
    "CocoDetection": "write read_coco(annotations, images), which gives Scenes",
    "VOCDetection": "write read_voc(folder, split), which gives Scenes",
    "VOCSegmentation": "write read_masks(images, masks), which gives Scenes",
    "ImageFolder": "write read_folder(folder, size), which gives a part to train and one to test",
}


def refuse(name: str, own: list[str]) -> NoReturn:
    """What minicnn.data answers to a name that it has not."""
    if name.startswith("_"):
        raise AttributeError(f"module 'minicnn.data' has no attribute {name!r}")
    hint = ELSEWHERE.get(name) or did_you_mean(name, own) or STEP
    raise AttributeError(f"minicnn.data has no {name}; {hint}")
