#include "loop/loop.h"
#include "file.h"
#include "extra/x.h"
#include <yaml.h>
