/** Tells listeners what happened, and survives what they throw. */
@NullMarked
package io.mistersmith.persistence.core.internal.monitor;

import org.jspecify.annotations.NullMarked;
