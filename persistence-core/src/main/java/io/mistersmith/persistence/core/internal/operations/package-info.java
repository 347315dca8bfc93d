/** Looks after the database and the servers: upkeep, health, alerts and advice. */
@NullMarked
package io.mistersmith.persistence.core.internal.operations;

import org.jspecify.annotations.NullMarked;
