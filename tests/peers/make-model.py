#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a GGUF file of a published shape with random weights, which any program of the GGUF world can load.

    make-model.py SHAPE TYPE OUT.gguf        SHAPE: 7b, 1b; TYPE: q4_0, q8_0, q4_k_m, f16
"""
import os
import random
import struct
import sys

SHAPES = {  # width, layers, heads, key heads, feed-forward width
    "7b": (4096, 32, 32, 32, 11008),
    "1b": (2048, 22, 32, 4, 5632),
}
TYPES = {"f32": (0, 1, 4), "f16": (1, 1, 2), "q4_0": (2, 32, 18), "q8_0": (8, 32, 34), "q4_k": (12, 256, 144), "q6_k": (14, 256, 210)}
VOCABULARY = 32000
RANDOM = random.Random(7)


def half(value):
    return struct.pack("<e", value)


def block(kind):
    size = TYPES[kind][2]
    data = bytearray(RANDOM.randbytes(size))
    if kind == "f32":
        return struct.pack("<f", RANDOM.uniform(0.9, 1.1))
    if kind == "f16":
        return half(RANDOM.uniform(-0.03, 0.03))
    if kind == "q6_k":
        data[208:210] = half(0.00002)
    elif kind == "q4_k":
        data[0:4] = half(0.00008) + half(0.00008)
    else:
        data[0:2] = half(0.0002 if kind == "q8_0" else 0.004)
    return bytes(data)


def string(text):
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def key(name, kind, value):
    formats = {4: "<I", 6: "<f", 7: "<?"}
    return string(name) + struct.pack("<I", kind) + (string(value) if kind == 8 else struct.pack(formats[kind], value))


def array(name, kind, values):
    body = b"".join(string(v) if kind == 8 else struct.pack("<f" if kind == 6 else "<i", v) for v in values)
    return string(name) + struct.pack("<IIQ", 9, kind, len(values)) + body


def metadata(shape):
    width, layers, heads, kv_heads, ffn = SHAPES[shape]
    tokens = ["<unk>", "<s>", "</s>"] + ["<0x%02X>" % i for i in range(256)]
    kinds = [2, 3, 3] + [6] * 256
    tokens += ["▁t%d" % i for i in range(VOCABULARY - len(tokens))]
    kinds += [1] * (VOCABULARY - len(kinds))
    keys = [
        key("general.architecture", 8, "llama"), key("general.name", 8, "random " + shape),
        key("llama.context_length", 4, 2048), key("llama.embedding_length", 4, width), key("llama.block_count", 4, layers),
        key("llama.feed_forward_length", 4, ffn), key("llama.rope.dimension_count", 4, width // heads),
        key("llama.attention.head_count", 4, heads), key("llama.attention.head_count_kv", 4, kv_heads),
        key("llama.attention.layer_norm_rms_epsilon", 6, 1e-6), key("llama.vocab_size", 4, VOCABULARY),
        key("tokenizer.ggml.model", 8, "llama"), array("tokenizer.ggml.tokens", 8, tokens),
        array("tokenizer.ggml.scores", 6, [-float(i) for i in range(VOCABULARY)]), array("tokenizer.ggml.token_type", 5, kinds),
        key("tokenizer.ggml.bos_token_id", 4, 1), key("tokenizer.ggml.eos_token_id", 4, 2), key("tokenizer.ggml.unknown_token_id", 4, 0),
    ]
    return keys


def tensors(shape, kind):
    """Name, type, values in a row, rows; Q4_K_M as llama.cpp mixes it."""
    width, layers, heads, kv_heads, ffn = SHAPES[shape]
    base = "q4_k" if kind == "q4_k_m" else kind
    kv = width // heads * kv_heads
    result = [("token_embd.weight", base, width, VOCABULARY), ("output_norm.weight", "f32", width, 1),
              ("output.weight", "q6_k" if kind == "q4_k_m" else base, width, VOCABULARY)]
    for i in range(layers):
        more = kind == "q4_k_m" and (i < layers // 8 or i >= 7 * layers // 8 or (i - layers // 8) % 3 == 2)
        big = "q6_k" if more else base
        for name, t, ne0, ne1 in (("attn_norm", "f32", width, 1), ("attn_q", base, width, width), ("attn_k", base, width, kv),
                                  ("attn_v", big, width, kv), ("attn_output", base, width, width), ("ffn_norm", "f32", width, 1),
                                  ("ffn_gate", base, width, ffn), ("ffn_up", base, width, ffn), ("ffn_down", big, ffn, width)):
            result.append(("blk.%d.%s.weight" % (i, name), t, ne0, ne1))
    return result


def main():
    shape, kind, path = sys.argv[1:4]
    keys, infos, offset, sizes = metadata(shape), b"", 0, []
    entries = tensors(shape, kind)
    for name, t, ne0, ne1 in entries:
        number, length, size = TYPES[t]
        dims = (ne0,) if ne1 == 1 else (ne0, ne1)
        infos += string(name) + struct.pack("<I%dQIQ" % len(dims), len(dims), *dims, number, offset)
        sizes.append(ne0 * ne1 // length * size)
        offset += (sizes[-1] + 31) // 32 * 32
    drawn = {t: b"".join(block(t) for _ in range(4096)) for t in {e[1] for e in entries}}
    with open(path + ".part", "wb") as out:
        out.write(b"GGUF" + struct.pack("<IQQ", 3, len(entries), len(keys)) + b"".join(keys) + infos)
        out.write(b"\0" * (-out.tell() % 32))
        for (name, t, ne0, ne1), size in zip(entries, sizes):
            data, left = drawn[t] * 64, size
            while left > 0:
                left -= out.write(data[:left])
            out.write(b"\0" * (-size % 32))
    os.rename(path + ".part", path)


main()
