/* With the installed kind of library: a saved model, and networks by torch. */
#include "soak.h"

int main(int argc, char **argv)
{
    return soak_main(argc, argv, NULL);
}
