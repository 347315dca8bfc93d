/** Messages between agents: a log of all of them, channels, and subscriptions to these. */
@NullMarked
package io.mistersmith.persistence.message;

import org.jspecify.annotations.NullMarked;
