/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/world/random.h"

static guint64
split_mix (guint64 *x)
{
  guint64 z = (*x += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15));

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

void
world_random_init (WorldRandom *random, guint64 seed)
{
  for (guint i = 0; i < 4; i++)
    random->state[i] = split_mix (&seed);
}

static guint64
rotate (guint64 x, int k)
{
  return (x << k) | (x >> (64 - k));
}

guint64
world_random_next (WorldRandom *random)
{
  guint64 *s = random->state;
  guint64 result = rotate (s[1] * 5, 7) * 9;
  guint64 t = s[1] << 17;

  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate (s[3], 45);
  return result;
}

guint
world_random_below (WorldRandom *random, guint n)
{
  return (guint) (((world_random_next (random) >> 32) * n) >> 32);
}

int
world_random_int (WorldRandom *random, int low, int high)
{
  return low + (int) world_random_below (random, (guint) (high - low + 1));
}

double
world_random_unit (WorldRandom *random)
{
  return (double) (world_random_next (random) >> 11) * 0x1p-53;
}

double
world_random_real (WorldRandom *random, double low, double high)
{
  return low + (high - low) * world_random_unit (random);
}

gboolean
world_random_chance (WorldRandom *random, double probability)
{
  return world_random_unit (random) < probability;
}

guint
world_random_weighted (WorldRandom *random, const double *weights, guint n)
{
  double sum = 0.0, x;

  for (guint i = 0; i < n; i++)
    sum += weights[i];
  x = world_random_unit (random) * sum;
  for (guint i = 0; i + 1 < n; i++) {
    if (x < weights[i])
      return i;
    x -= weights[i];
  }
  return n - 1;
}
