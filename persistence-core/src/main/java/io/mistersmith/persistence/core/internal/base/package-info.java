/** Threads, background services, deadlines, back-off and what else every floor above uses. */
@NullMarked
package io.mistersmith.persistence.core.internal.base;

import org.jspecify.annotations.NullMarked;
