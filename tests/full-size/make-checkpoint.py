#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a Hugging Face folder of the shape of a published mPLUG-Owl checkpoint, with random weights: float16 shards as torch.save writes them
(BLOOM's embedding in float32), configuration and a tokenizer of full size. Needs about 15 GB (llama) or 19 GB (bloom). Python alone, no torch.

    make-checkpoint.py llama|bloom FOLDER [--layers N] [--small]
"""
import argparse
import collections
import io
import json
import os
import pickle
import random
import struct
import sys
import types
import zipfile

SHARD_BYTES = 4 << 30
POOL_VALUES = 1 << 21
RANDOM = random.Random(11)

VISION = {"hidden": 1024, "layers": 24, "mlp": 4096, "image": 224, "patch": 14}
ABSTRACTOR = {"layers": 6, "mlp": 2816, "queries": 64}
DECODERS = {
    "llama": {"hidden": 4096, "layers": 32, "heads": 32, "mlp": 11008, "rows": 32000},
    "bloom": {"hidden": 4096, "layers": 30, "heads": 32, "mlp": 16384, "rows": 250880},
}

SMALL = {"hidden": 512, "layers": 8, "heads": 8, "mlp": 2048, "rows": 4096}


# What the pickle of torch.save names: a function and classes of modules that are not here.
def fake(module, name):
    def stand_in(*args):
        raise RuntimeError("only a name")
    stand_in.__module__, stand_in.__qualname__, stand_in.__name__ = module, name, name
    parent = ""
    for part in module.split("."):
        parent = parent + "." + part if parent else part
        sys.modules.setdefault(parent, types.ModuleType(parent))
    setattr(sys.modules[module], name, stand_in)
    return stand_in


REBUILD = fake("torch._utils", "_rebuild_tensor_v2")
STORAGES = {"f16": fake("torch", "HalfStorage"), "f32": fake("torch", "FloatStorage")}


class Storage:
    def __init__(self, kind, key, n):
        self.id = ("storage", STORAGES[kind], key, "cpu", n)


class Tensor:
    def __init__(self, kind, key, shape):
        n = 1
        strides = []
        for size in reversed(shape):
            strides.insert(0, n)
            n *= size
        self.args = (Storage(kind, key, n), 0, tuple(shape), tuple(strides), False, collections.OrderedDict())

    def __reduce__(self):
        return REBUILD, self.args


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        return value.id if isinstance(value, Storage) else None


def decoder_tensors(kind):
    d = DECODERS[kind]
    w, f = d["hidden"], d["mlp"]
    p = "language_model."
    if kind == "llama":
        yield p + "model.embed_tokens.weight", (d["rows"], w)
        for i in range(d["layers"]):
            b = p + "model.layers.%d." % i
            for name in "qkvo":
                yield b + "self_attn.%s_proj.weight" % name, (w, w)
            yield b + "mlp.gate_proj.weight", (f, w)
            yield b + "mlp.up_proj.weight", (f, w)
            yield b + "mlp.down_proj.weight", (w, f)
            yield b + "input_layernorm.weight", (w,)
            yield b + "post_attention_layernorm.weight", (w,)
        yield p + "model.norm.weight", (w,)
        yield p + "lm_head.weight", (d["rows"], w)
        return
    yield p + "transformer.word_embeddings.weight", (d["rows"], w)
    yield from pair(p + "transformer.word_embeddings_layernorm", w)
    for i in range(d["layers"]):
        b = p + "transformer.h.%d." % i
        yield from pair(b + "input_layernorm", w)
        yield from pair(b + "self_attention.query_key_value", 3 * w, w)
        yield from pair(b + "self_attention.dense", w, w)
        yield from pair(b + "post_attention_layernorm", w)
        yield from pair(b + "mlp.dense_h_to_4h", f, w)
        yield from pair(b + "mlp.dense_4h_to_h", w, f)
    yield from pair(p + "transformer.ln_f", w)


def pair(name, out, width=None):
    yield name + ".weight", (out,) if width is None else (out, width)
    yield name + ".bias", (out,)


def vision_tensors(out):
    w, f, q = VISION["hidden"], VISION["mlp"], ABSTRACTOR["mlp"]
    e = "vision_model.embeddings."
    yield "query_tokens", (1, ABSTRACTOR["queries"], w)
    yield e + "cls_token", (1, 1, w)
    yield e + "position_embedding", (1, (VISION["image"] // VISION["patch"]) ** 2 + 1, w)
    yield e + "patch_embed.weight", (w, 3, VISION["patch"], VISION["patch"])
    yield from pair(e + "pre_layernorm", w)
    for i in range(VISION["layers"]):
        b = "vision_model.encoder.layers.%d." % i
        yield from pair(b + "input_layernorm", w)
        yield from pair(b + "self_attn.query_key_value", 3 * w, w)
        yield from pair(b + "self_attn.dense", w, w)
        yield from pair(b + "post_attention_layernorm", w)
        yield from pair(b + "mlp.fc1", f, w)
        yield from pair(b + "mlp.fc2", w, f)
    yield from pair("vision_model.post_layernorm", w)
    for i in range(ABSTRACTOR["layers"]):
        b = "abstractor.encoder.layers.%d.crossattention." % i
        yield from pair(b + "norm1", w)
        yield from pair(b + "normk", w)
        for name in ("query", "key", "value"):
            yield from pair(b + "attention." + name, w, w)
        yield from pair(b + "output.out_proj", w, w)
        yield from pair(b + "output.norm2", w)
        yield from pair(b + "output.mlp.w1", q, w)
        yield from pair(b + "output.mlp.w2", w, q)
        yield from pair(b + "output.mlp.w3", q, w)
        yield from pair(b + "output.mlp.ffn_ln", q)
    yield from pair("abstractor.visual_fc", out, w)
    yield "abstractor.vit_eos", (1, 1, out)


class Values:
    """Normal values drawn once; every tensor takes them from another place on."""

    def __init__(self):
        drawn = [RANDOM.gauss(0.0, 0.02) for _ in range(POOL_VALUES)]
        self.pools = {"f16": struct.pack("<%de" % POOL_VALUES, *drawn) * 2, "f32": struct.pack("<%df" % POOL_VALUES, *drawn) * 2}

    def write(self, out, name, kind, n):
        item = {"f16": 2, "f32": 4}[kind]
        if "norm" in name and name.endswith("weight") or name.endswith("ffn_ln.weight") or name.endswith("ln_f.weight"):
            out.write(struct.pack("<e" if kind == "f16" else "<f", 1.0) * n)
            return
        while n > 0:
            part = min(n, POOL_VALUES)
            start = RANDOM.randrange(POOL_VALUES) * item
            out.write(self.pools[kind][start:start + part * item])
            n -= part


def write_shard(folder, name, tensors, values):
    root = os.path.splitext(name)[0]
    state = collections.OrderedDict((t, Tensor(kind, str(i), shape)) for i, (t, shape, kind) in enumerate(tensors))
    data = io.BytesIO()
    Pickler(data, 2).dump(state)
    with zipfile.ZipFile(os.path.join(folder, name + ".part"), "w", zipfile.ZIP_STORED) as shard:
        shard.writestr(root + "/data.pkl", data.getvalue())
        for i, (t, shape, kind) in enumerate(tensors):
            n = 1
            for size in shape:
                n *= size
            with shard.open(root + "/data/%d" % i, "w", force_zip64=True) as out:
                values.write(out, t, kind, n)
        shard.writestr(root + "/version", "3\n")
    os.rename(os.path.join(folder, name + ".part"), os.path.join(folder, name))


def write_weights(folder, kind):
    tensors = list(decoder_tensors(kind)) + list(vision_tensors(DECODERS[kind]["hidden"]))
    shards, size = [[]], 0
    for name, shape in tensors:
        stored = "f32" if name.endswith("word_embeddings.weight") else "f16"
        n = 4 if stored == "f32" else 2
        for s in shape:
            n *= s
        if size + n > SHARD_BYTES and shards[-1]:
            shards.append([])
            size = 0
        shards[-1].append((name, shape, stored))
        size += n
    values, index = Values(), {}
    for i, shard in enumerate(shards):
        name = "pytorch_model-%05d-of-%05d.bin" % (i + 1, len(shards))
        write_shard(folder, name, shard, values)
        index.update((t, name) for t, _, _ in shard)
    with open(os.path.join(folder, "pytorch_model.bin.index.json"), "w") as out:
        json.dump({"metadata": {}, "weight_map": index}, out)


def write_config(folder, kind):
    d = DECODERS[kind]
    text = {"model_type": kind, "vocab_size": d["rows"], "hidden_size": d["hidden"], "bos_token_id": 1, "eos_token_id": 2}
    if kind == "llama":
        text.update(num_hidden_layers=d["layers"], num_attention_heads=d["heads"], intermediate_size=d["mlp"], rms_norm_eps=1e-6,
                    max_position_embeddings=2048)
    else:
        text.update(n_layer=d["layers"], n_head=d["heads"], layer_norm_epsilon=1e-5, seq_length=2048)
    config = {
        "model_type": "mplug-owl", "num_query_tokens": ABSTRACTOR["queries"], "text_config": text,
        "vision_config": {"hidden_size": VISION["hidden"], "num_hidden_layers": VISION["layers"], "num_attention_heads": 16,
                          "intermediate_size": VISION["mlp"], "image_size": VISION["image"], "patch_size": VISION["patch"],
                          "layer_norm_eps": 1e-6, "hidden_act": "quick_gelu"},
        "visual_abstractor_config": {"hidden_size": VISION["hidden"], "num_hidden_layers": ABSTRACTOR["layers"], "num_attention_heads": 16,
                                     "intermediate_size": 4096, "layer_norm_eps": 1e-6, "encoder_hidden_size": VISION["hidden"]},
    }
    with open(os.path.join(folder, "config.json"), "w") as out:
        json.dump(config, out, indent=2)
    with open(os.path.join(folder, "preprocessor_config.json"), "w") as out:
        json.dump({"image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711],
                   "size": {"height": 224, "width": 224}}, out)


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(number, kind, body):
    return varint(number << 3 | kind) + (varint(len(body)) + body if kind == 2 else body)


def words():
    """Made-up words, each once."""
    seen, letters = set(), "abcdefghijklmnopqrstuvwxyz"
    while True:
        word = "".join(RANDOM.choice(letters) for _ in range(RANDOM.randrange(2, 9)))
        if word not in seen:
            seen.add(word)
            yield word


def write_sentencepiece(folder, n):
    pieces = [("<unk>", 2), ("<s>", 3), ("</s>", 3)] + [("<0x%02X>" % i, 6) for i in range(256)]
    pieces += [(c, 1) for c in "\u2581abcdefghijklmnopqrstuvwxyz.,?!:'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"]
    made = words()
    while len(pieces) < n:
        pieces.append((RANDOM.choice(("\u2581", "")) + next(made), 1))
    with open(os.path.join(folder, "tokenizer.model"), "wb") as out:
        for i, (text, kind) in enumerate(pieces):
            score = struct.pack("<f", -float(i))
            out.write(field(1, 2, field(1, 2, text.encode()) + field(2, 5, score) + field(3, 0, varint(kind))))
        # trainer_spec: BPE
        out.write(field(2, 2, field(3, 0, varint(2))))


def write_byte_bpe(folder, n):
    base = [i for i in range(256) if 33 <= i <= 126 or 161 <= i <= 172 or 174 <= i <= 255]
    extra = [i for i in range(256) if i not in base]
    symbols = {b: chr(b) for b in base}
    symbols.update((b, chr(256 + i)) for i, b in enumerate(extra))
    tokens = ["<unk>", "<s>", "</s>", "<pad>"] + [symbols[b] for b in range(256)]
    known, merges = set(tokens), []
    parts = [symbols[b] for b in b"abcdefghijklmnopqrstuvwxyz "]
    n_letters = len(parts)
    while len(tokens) < n:
        # A letter more each time: two long parts would hardly ever fit.
        left, right = RANDOM.choice(parts), parts[RANDOM.randrange(n_letters)]
        if left + right not in known and len(left + right) < 12:
            known.add(left + right)
            tokens.append(left + right)
            parts.append(left + right)
            merges.append(left + " " + right)
    special = [{"id": i, "content": tokens[i], "special": True} for i in range(4)]
    tokenizer = {"added_tokens": special, "model": {"type": "BPE", "vocab": {t: i for i, t in enumerate(tokens)}, "merges": merges}}
    with open(os.path.join(folder, "tokenizer.json"), "w") as out:
        json.dump(tokenizer, out, ensure_ascii=False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=sorted(DECODERS))
    parser.add_argument("folder")
    parser.add_argument("--layers", type=int, help="of the decoder; fewer make a smaller checkpoint")
    parser.add_argument("--small", action="store_true", help="a decoder of some million parameters, for quick comparisons")
    args = parser.parse_args()
    if args.small:
        DECODERS[args.kind].update(SMALL)
    if args.layers:
        DECODERS[args.kind]["layers"] = args.layers
    os.makedirs(args.folder, exist_ok=True)
    write_weights(args.folder, args.kind)
    write_config(args.folder, args.kind)
    if args.kind == "llama":
        write_sentencepiece(args.folder, DECODERS["llama"]["rows"])
    else:
        write_byte_bpe(args.folder, DECODERS["bloom"]["rows"] - 200)


main()
