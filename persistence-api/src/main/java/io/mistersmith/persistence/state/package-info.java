/**
 * Entries of agents and other owners: repositories, their types, and the cache of query results.
 */
@NullMarked
package io.mistersmith.persistence.state;

import org.jspecify.annotations.NullMarked;
