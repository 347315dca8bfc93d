/** Notifies listeners of events, and survives their exceptions. */
@NullMarked
package io.mistersmith.persistence.core.internal.monitor;

import org.jspecify.annotations.NullMarked;
