/** The lifecycle of the agents' state in this process: who is in use, hydrated, flushed, idle. */
@NullMarked
package io.mistersmith.persistence.core.internal.lifecycle;

import org.jspecify.annotations.NullMarked;
