/**
 * Changes to tables that are in use: columns that are added and filled in batches, tables that are
 * restructured through a shadow table, indexes that are built concurrently. Each is made in steps
 * that hold locks only briefly, and can be resumed after an interruption. This package does not
 * depend on versions and scripts.
 */
@NullMarked
package io.mistersmith.persistence.migration.online;

import org.jspecify.annotations.NullMarked;
