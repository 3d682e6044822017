"""The classes of two well-known sets of scenes, by the numbers that their networks answer with."""

# Everingham et al. 2010; the 21 of segmenters and of SSD300
VOC = ("background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair",
       "cow", "dining table", "dog", "horse", "motorbike", "person", "potted plant", "sheep",
       "sofa", "train", "tv monitor")

# Lin et al. 2014: 80 classes numbered to 90; those with "-" were planned and have no picture.
COCO = ("background", "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train",
        "truck", "boat", "traffic light", "fire hydrant", "-", "stop sign", "parking meter",
        "bench", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra",
        "giraffe", "-", "backpack", "umbrella", "-", "-", "handbag", "tie", "suitcase", "frisbee",
        "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard",
        "surfboard", "tennis racket", "bottle", "-", "wine glass", "cup", "fork", "knife", "spoon",
        "bowl", "banana", "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza",
        "donut", "cake", "chair", "couch", "potted plant", "bed", "-", "dining table", "-", "-",
        "toilet", "-", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave",
        "oven", "toaster", "sink", "refrigerator", "-", "book", "clock", "vase", "scissors",
        "teddy bear", "hair drier", "toothbrush")


def numbered_classes(count: int) -> list[str]:
    """Names for networks of which only the number of classes is known, background included.

    >>> numbered_classes(3), numbered_classes(21)[12]
    (['background', 'class 1', 'class 2'], 'dog')
    """
    known = {len(names): names for names in (VOC, COCO)}
    return list(known.get(count, ("background", *(f"class {n}" for n in range(1, count)))))
