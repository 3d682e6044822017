"""Writes recurrent.json: what PyTorch computes for recurrent cells and Embedding.

Run by hand, never by the tests:    python tests/stored/make_recurrent.py
The stored file was made by torch 2.14.1 on a CPU, in float64, with a random upstream gradient for
each output.
"""

import json
from pathlib import Path

import torch
from torch import nn

CASES = [("RNNCell", {}), ("RNNCell", {"nonlinearity": "relu"}), ("RNNCell", {"bias": False}),
         ("LSTMCell", {}), ("LSTMCell", {"bias": False}), ("GRUCell", {}),
         ("GRUCell", {"bias": False})]


def listed(tensors):
    return [tensor.tolist() for tensor in tensors]


def cell_record(name, arguments):
    cell = getattr(nn, name)(3, 4, **arguments)
    inputs = [torch.randn(2, size, requires_grad=True)
              for size in ((3, 4, 4) if name == "LSTMCell" else (3, 4))]
    x, *state = inputs
    outputs = cell(x, tuple(state)) if len(state) == 2 else (cell(x, *state),)
    without = cell(x)                                      # the state left out
    dys = [torch.randn_like(y) for y in outputs]
    torch.autograd.backward(outputs, dys)
    return {"layer": name, "arguments": {"input_size": 3, "hidden_size": 4, **arguments},
            "state": {key: value.tolist() for key, value in cell.state_dict().items()},
            "inputs": listed(inputs), "y": listed(outputs), "dy": listed(dys),
            "y_from_zeros": listed(without if isinstance(without, tuple) else (without,)),
            "dinputs": listed(q.grad for q in inputs),
            "gradients": {key: value.grad.tolist() for key, value in cell.named_parameters()}}


def embedding_record(padding_idx):
    layer = nn.Embedding(5, 3, padding_idx)
    words = torch.tensor([[0, 3, 3], [1, 3, 4]])
    y = layer(words)
    dy = torch.randn_like(y)
    y.backward(dy)
    return {"layer": "Embedding", "arguments": {"num_embeddings": 5, "embedding_dim": 3,
                                                "padding_idx": padding_idx},
            "state": {"weight": layer.weight.tolist()}, "words": words.tolist(),
            "y": y.tolist(), "dy": dy.tolist(), "gradients": {"weight": layer.weight.grad.tolist()}}


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    records = [cell_record(*case) for case in CASES] + [embedding_record(p) for p in (None, 3, -1)]
    Path(__file__).with_name("recurrent.json").write_text(
        "[\n" + ",\n".join(map(json.dumps, records)) + "\n]\n")
