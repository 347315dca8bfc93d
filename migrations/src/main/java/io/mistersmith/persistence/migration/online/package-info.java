/**
 * Changes to tables that are in use: columns that are added and filled in batches, tables that are
 * restructured through a shadow table, indexes that are built concurrently. Each is made in steps
 * that lock nobody out for long, and is gone on with after it was cut off. Knows nothing of
 * versions and scripts.
 */
@NullMarked
package io.mistersmith.persistence.migration.online;

import org.jspecify.annotations.NullMarked;
