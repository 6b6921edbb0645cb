#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""llama.cpp by its C library, as node-llama-cpp brings it built; one process a use.

    llama_cpp.py SCRATCH CPU tokenize MODEL TEXTFILE
    llama_cpp.py SCRATCH CPU top1 MODEL IDS [LORA]            most likely next id after every position
    llama_cpp.py SCRATCH CPU greedy MODEL IDS COUNT [LORA]    ids and text of a continuation
    llama_cpp.py SCRATCH CPU quantize IN OUT TYPE

IDS is a JSON list. CPU names one of the builds for processors that the package holds ("haswell", "x64", …) or is "best". Prints JSON.
"""
import ctypes
import json
import os
import subprocess
import sys

BLOB = 1024  # more than any of the parameter structures; they are only passed on
FILE_TYPES = {"f32": 0, "f16": 1, "q4_0": 2, "q8_0": 7, "q4_k_m": 15, "q5_k_m": 17, "q6_k": 18, "bf16": 32}


def install(scratch):
    """Installs node-llama-cpp with npm the first time; returns the folder of its libraries."""
    os.makedirs(scratch, exist_ok=True)
    if not os.path.isdir(os.path.join(scratch, "node_modules", "node-llama-cpp")):
        subprocess.run(["npm", "install", "--no-fund", "--no-audit", "node-llama-cpp"], cwd=scratch, check=True, stdout=subprocess.DEVNULL)
    return os.path.join(scratch, "node_modules", "@node-llama-cpp", "linux-x64", "bins", "linux-x64")


class Blob(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_uint8 * BLOB)]

    def set_u32(self, offset, value):
        ctypes.memmove(ctypes.addressof(self) + offset, ctypes.byref(ctypes.c_uint32(value)), 4)


class Batch(ctypes.Structure):
    _fields_ = [("n_tokens", ctypes.c_int32), ("token", ctypes.POINTER(ctypes.c_int32)), ("embd", ctypes.c_void_p),
                ("pos", ctypes.POINTER(ctypes.c_int32)), ("n_seq_id", ctypes.POINTER(ctypes.c_int32)),
                ("seq_id", ctypes.POINTER(ctypes.POINTER(ctypes.c_int32))), ("logits", ctypes.POINTER(ctypes.c_int8))]


def library(folder, name):
    found = [f for f in sorted(os.listdir(folder)) if f.startswith(name) and ".so" in f]
    return ctypes.CDLL(os.path.join(folder, found[0]), mode=ctypes.RTLD_GLOBAL)


class Llama:
    def __init__(self, scratch, cpu):
        folder = install(scratch)
        library(folder, "libggml-base")
        ggml = library(folder, "libggml.")
        self.lib = library(folder, "libllama.")
        if cpu == "best":
            ggml.ggml_backend_load_all_from_path(folder.encode())
        else:
            ggml.ggml_backend_load.restype = ctypes.c_void_p
            if not ggml.ggml_backend_load(os.path.join(folder, "libggml-cpu-%s.so" % cpu).encode()):
                sys.exit("the build for %s does not load" % cpu)
        quiet = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
        self.log = quiet(lambda level, text, data: sys.stderr.write(text.decode(errors="replace")) if level == 4 else None)
        self.lib.llama_log_set(self.log, None)
        self.lib.llama_backend_init()
        self.model = None

    def load(self, path):
        lib = self.lib
        for name in ("llama_model_load_from_file", "llama_init_from_model", "llama_model_get_vocab", "llama_get_memory",
                     "llama_adapter_lora_init"):
            getattr(lib, name).restype = ctypes.c_void_p
        lib.llama_model_default_params.restype = Blob
        lib.llama_model_load_from_file.argtypes = [ctypes.c_char_p, Blob]
        self.model = lib.llama_model_load_from_file(path.encode(), lib.llama_model_default_params())
        if not self.model:
            sys.exit("llama.cpp does not load %s" % path)
        lib.llama_model_get_vocab.argtypes = [ctypes.c_void_p]
        self.vocab = lib.llama_model_get_vocab(self.model)
        lib.llama_vocab_n_tokens.argtypes = [ctypes.c_void_p]
        self.n_vocab = lib.llama_vocab_n_tokens(self.vocab)

    def context(self, lora, threads=2):
        lib = self.lib
        lib.llama_context_default_params.restype = Blob
        params = lib.llama_context_default_params()
        params.set_u32(0, 2048)  # n_ctx
        params.set_u32(4, 2048)  # n_batch
        lib.llama_init_from_model.argtypes = [ctypes.c_void_p, Blob]
        self.ctx = lib.llama_init_from_model(self.model, params)
        if not self.ctx:
            sys.exit("no context")
        lib.llama_set_n_threads.argtypes = [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32]
        lib.llama_set_n_threads(self.ctx, threads, threads)
        if lora:
            lib.llama_adapter_lora_init.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
            adapter = lib.llama_adapter_lora_init(self.model, lora.encode())
            if not adapter:
                sys.exit("llama.cpp does not load %s" % lora)
            lib.llama_set_adapters_lora.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
            if lib.llama_set_adapters_lora(self.ctx, (ctypes.c_void_p * 1)(adapter), 1, (ctypes.c_float * 1)(1.0)) != 0:
                sys.exit("llama.cpp does not apply %s" % lora)

    def decode(self, ids, position, all_positions):
        """Evaluates ids; the most likely next id after each position (or after the last alone)."""
        lib = self.lib
        lib.llama_batch_init.restype = Batch
        batch = lib.llama_batch_init(len(ids), 0, 1)
        batch.n_tokens = len(ids)
        for i, token in enumerate(ids):
            batch.token[i], batch.pos[i], batch.n_seq_id[i] = token, position + i, 1
            batch.seq_id[i][0] = 0
            batch.logits[i] = 1 if all_positions or i == len(ids) - 1 else 0
        lib.llama_decode.argtypes = [ctypes.c_void_p, Batch]
        if lib.llama_decode(self.ctx, batch) != 0:
            sys.exit("llama_decode failed")
        lib.llama_get_logits_ith.restype = ctypes.POINTER(ctypes.c_float)
        lib.llama_get_logits_ith.argtypes = [ctypes.c_void_p, ctypes.c_int32]
        result = []
        for i in range(len(ids)):
            if batch.logits[i]:
                row = lib.llama_get_logits_ith(self.ctx, i)[:self.n_vocab]
                result.append(max(range(self.n_vocab), key=row.__getitem__))
        lib.llama_batch_free.argtypes = [Batch]
        lib.llama_batch_free(batch)
        return result

    def tokenize(self, text):
        raw = text.encode()
        self.lib.llama_tokenize.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32, ctypes.c_void_p, ctypes.c_int32,
                                            ctypes.c_bool, ctypes.c_bool]
        buffer = (ctypes.c_int32 * (len(raw) + 16))()
        n = self.lib.llama_tokenize(self.vocab, raw, len(raw), buffer, len(buffer), False, False)
        return list(buffer[:n])

    def detokenize(self, ids):
        self.lib.llama_detokenize.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int32, ctypes.c_char_p, ctypes.c_int32,
                                              ctypes.c_bool, ctypes.c_bool]
        buffer = ctypes.create_string_buffer(65536)
        n = self.lib.llama_detokenize(self.vocab, (ctypes.c_int32 * len(ids))(*ids), len(ids), buffer, len(buffer), False, False)
        return buffer.raw[:max(n, 0)].decode(errors="replace")

    def quantize(self, source, dest, kind):
        self.lib.llama_model_quantize_default_params.restype = Blob
        params = self.lib.llama_model_quantize_default_params()
        params.set_u32(0, 2)  # threads
        params.set_u32(4, FILE_TYPES[kind])
        self.lib.llama_model_quantize.restype = ctypes.c_uint32
        if self.lib.llama_model_quantize(source.encode(), dest.encode(), ctypes.byref(params)) != 0:
            sys.exit("llama.cpp does not quantise %s" % source)


def main():
    llama = Llama(sys.argv[1], sys.argv[2])
    verb, rest = sys.argv[3], sys.argv[4:]
    if verb == "quantize":
        llama.quantize(*rest)
        print("{}")
        return
    llama.load(rest[0])
    if verb == "tokenize":
        with open(rest[1], encoding="utf-8", newline="") as file:
            print(json.dumps({"ids": llama.tokenize(file.read())}))
    elif verb == "top1":
        llama.context(rest[2] if len(rest) > 2 else None)
        print(json.dumps({"ids": llama.decode(json.loads(rest[1]), 0, True)}))
    elif verb == "greedy":
        llama.context(rest[3] if len(rest) > 3 else None)
        ids = json.loads(rest[1])
        fresh = llama.decode(ids, 0, False)
        while len(fresh) < int(rest[2]):
            fresh += llama.decode(fresh[-1:], len(ids) + len(fresh) - 1, False)
        print(json.dumps({"ids": fresh, "text": llama.detokenize(fresh)}))


if __name__ == "__main__":
    main()
