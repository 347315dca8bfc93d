/**
 * Brings a PostgreSQL database to the schema that the library works on: versioned SQL scripts, and
 * the {@link io.mistersmith.persistence.migration.MigrationRunner} that applies them once, in
 * order, by one process at a time. It needs JDBC and SLF4J and nothing else of this library.
 */
@NullMarked
package io.mistersmith.persistence.migration;

import org.jspecify.annotations.NullMarked;
