/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "decode/decoder-client.h"
#include "decode/decoder-protocol.h"

G_BEGIN_DECLS

/* A running `owl-decoder`. One thread at a time. */
typedef struct {
  int pid;    /* 0: none, or stopped */
  int socket; /* -1: none */
} OwlDecoderProcess;

#define OWL_DECODER_PROCESS_NONE                                                                             \
  {                                                                                                          \
    .socket = -1                                                                                             \
  }

/* How an exchange ended. */
typedef enum {
  OWL_EXCHANGE_DONE,
  OWL_EXCHANGE_TIMEOUT,
  OWL_EXCHANGE_CANCELLED,
  OWL_EXCHANGE_GONE,  /* the process ended */
  OWL_EXCHANGE_WRONG, /* an answer that breaks the rules */
} OwlExchange;

/* Starts the program with an end of a socket pair and nothing else. */
gboolean owl_decoder_process_start (OwlDecoderProcess *process, GError **error);
/* Sends `request` (with `request_fd` unless -1) and waits for the reply, whose magic, serial and operation
 * are checked. `reply_fd` gets the descriptor that came with it, or -1. `timeout_ms` counts from the call. */
OwlExchange owl_decoder_process_exchange (OwlDecoderProcess *process, const OwlDecoderRequest *request,
                                          int request_fd, OwlDecoderReply *reply, int *reply_fd,
                                          gint64 timeout_ms, GCancellable *cancellable);
/* Kills and reaps the process and closes the socket; afterwards it is NONE. Returns what waitpid says. */
int owl_decoder_process_stop (OwlDecoderProcess *process);

/* For tests: the time limit of requests from now on; 0 brings back the default. */
void owl_decoder_set_timeout (guint milliseconds);

G_END_DECLS
