/** Tasks and push notification configurations of an A2A server, kept by agent persistence. */
@NullMarked
package io.mistersmith.persistence.a2a;

import org.jspecify.annotations.NullMarked;
