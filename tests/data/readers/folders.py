"""Small folders of annotated pictures, as each tool writes them."""

import json

import numpy as np
from PIL import Image

SIZE = 20, 30                       # H, W


def picture(path, seed=0, mode="RGB", size=SIZE):
    path.parent.mkdir(parents=True, exist_ok=True)
    H, W = size
    pixels = np.random.default_rng(seed).integers(0, 255, (H, W, 3), dtype=np.uint8)
    Image.fromarray(pixels).convert(mode).save(path)


def xml(objects=(("cat", (2, 3, 10, 12)),), filename="a.png", size=SIZE, extra=""):
    boxes = "".join(
        f"<object><name>{name}</name>{extra}<bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin>"
        f"<xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>"
        for name, (x1, y1, x2, y2) in objects)
    return (f"<annotation><filename>{filename}</filename><size><width>{size[1]}</width>"
            f"<height>{size[0]}</height><depth>3</depth></size>{boxes}</annotation>")


def voc(folder, texts, splits=None):
    """{stem: text of its XML file}, with a picture for each."""
    (folder / "Annotations").mkdir(parents=True)
    for number, (stem, text) in enumerate(texts.items()):
        picture(folder / "JPEGImages" / f"{stem}.png", number)
        (folder / "Annotations" / f"{stem}.xml").write_text(text)
    for split, names in (splits or {}).items():
        path = folder / "ImageSets" / "Main" / f"{split}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(names) + "\n")
    return folder


def coco_tree(annotations, count=1, categories=((3, "cat"), (7, "dog"))):
    return {"images": [{"id": number, "file_name": f"{number}.png", "height": SIZE[0],
                        "width": SIZE[1]} for number in range(count)],
            "categories": [{"id": number, "name": name} for number, name in categories],
            "annotations": annotations}


def coco(folder, tree, name="annotations/instances.json", images="images"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(tree if isinstance(tree, str) else json.dumps(tree))
    for one in (tree["images"] if isinstance(tree, dict) else ()):
        picture(folder / images / one["file_name"], one["id"])
    return path


def one(bbox=(2, 3, 8, 9), image=0, category=3, **more):
    return {"image_id": image, "category_id": category, "bbox": list(bbox), "iscrowd": 0, **more}


def yolo(folder, texts, names="cat\ndog\n", images="images", labels="labels"):
    """{stem: text of its file, None for no file}."""
    (folder / labels).mkdir(parents=True, exist_ok=True)
    for number, (stem, text) in enumerate(texts.items()):
        picture(folder / images / f"{stem}.png", number)
        if text is not None:
            (folder / labels / f"{stem}.txt").write_text(text)
    if names is not None:
        (folder / "classes.txt").write_text(names)
    return folder


def masks(folder, arrays, images="images", masks="masks", mode="RGB", tail=""):
    """{stem: what Image.fromarray takes, or an Image}."""
    for number, (stem, mask) in enumerate(arrays.items()):
        picture(folder / images / f"{stem}.png", number, mode)
        path = folder / masks / f"{stem}{tail}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image = mask if isinstance(mask, Image.Image) else Image.fromarray(mask)
        image.save(path)
    return folder / images, folder / masks
