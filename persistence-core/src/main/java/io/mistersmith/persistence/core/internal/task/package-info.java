/** The queue of tasks: requests and leases over its store, workers, and what time brings about. */
@NullMarked
package io.mistersmith.persistence.core.internal.task;

import org.jspecify.annotations.NullMarked;
