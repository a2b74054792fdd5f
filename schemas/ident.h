/* ident.h: incident ids: a 6-digit journal code, a number never reused, a check character.
 * Packed: 20 bits of journal code, 44 bits of number. Written: "620802-000123-W"; the check character is
 * ISO 7064 MOD 37,36 over the digits before it. */
#ifndef IDENT_H
#define IDENT_H

#include <stdbool.h>
#include <stdint.h>

#define IDENT_TEXT_BYTES 32

#ifdef __cplusplus
extern "C" {
#endif

uint64_t ident_pack(uint32_t journal, uint64_t number);
uint32_t ident_journal(uint64_t id);
uint64_t ident_number(uint64_t id);
void ident_format(uint64_t id, char out[IDENT_TEXT_BYTES]);
/* 0, or -EINVAL: not of this form, or the check character does not fit. */
int ident_parse(const char *text, uint64_t *id);

#ifdef __cplusplus
}
#endif

#endif
