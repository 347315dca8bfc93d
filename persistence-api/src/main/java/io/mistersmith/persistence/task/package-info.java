/** Tasks of agents: a queue in PostgreSQL, with leases, retries, schedules and dependencies. */
@NullMarked
package io.mistersmith.persistence.task;

import org.jspecify.annotations.NullMarked;
