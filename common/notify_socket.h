/* notify_socket: tells the service manager (systemd, Type=notify) how this process is: sd_notify(3)'s protocol, a datagram
 * to the socket that NOTIFY_SOCKET names. Without that variable nothing happens.
 *
 * Written here because it is one sendto(2): libsystemd would bring its own library, and liblzma, libgcrypt and others with it,
 * into every service and container. */
#ifndef EFFREG_NOTIFY_SOCKET_H
#define EFFREG_NOTIFY_SOCKET_H

#include "common/base.h"

bool notify_socket_is_named(void);  /* is there a manager to tell? */
/* "READY=1", "STOPPING=1", "WATCHDOG=1". False when there is nobody to tell, or it could not be told: to be ignored, for a manager
 * that hears nothing does what its unit says. */
bool notify_socket_tell(const char *state);
/* How often WATCHDOG=1 is due, ms: half of what the manager allows this process (WATCHDOG_USEC, WATCHDOG_PID); 0 = never. */
long notify_socket_watchdog_ms(void);

#endif
