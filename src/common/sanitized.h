/* SANITIZED: 1 in a build with AddressSanitizer, which is slower, makes some more system calls and finds what is used after its end. */
#ifndef TANA_SANITIZED_H
#define TANA_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#endif
