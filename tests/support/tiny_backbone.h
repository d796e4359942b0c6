/* A network of a few hundred weights with a test's own id, so that a whole job or a whole
 * model file can be tried in no time:  iv_backbone_for_tests = &tiny_backbone; */
#ifndef TEST_TINY_BACKBONE_H
#define TEST_TINY_BACKBONE_H

#include "net/backbones.h"

#define TINY_WIDTH 8 /* of its features; input 16 x 16 */

extern const iv_backbone tiny_backbone;

#endif
