/**
 * The durable store on PostgreSQL: agents, their state, the journals' positions and the dead
 * letters. Knows JDBC and Jdbi, and lets no type of theirs out.
 */
@NullMarked
package io.mistersmith.persistence.core.internal.store.postgres;

import org.jspecify.annotations.NullMarked;
