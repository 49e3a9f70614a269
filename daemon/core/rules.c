#include "core/rules.h"
const struct dup_limits dup_limits_usual = {.furniture = 5, .most = 0.55, .several = 0.15, .nearly_all = 0.7};
