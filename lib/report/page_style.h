/* The style of the page: light and dark, wide and narrow, screen and paper. */
#ifndef IV_REPORT_PAGE_STYLE_H
#define IV_REPORT_PAGE_STYLE_H

#include "base/text.h"

void iv_page_style(iv_text *out);

#endif
