/**
 * Brings a PostgreSQL database to the schema that the library works on. {@link
 * io.mistersmith.persistence.migration.MigrationRunner} applies versioned SQL scripts once, in
 * order, from one process at a time. It needs JDBC and SLF4J and nothing else of this library.
 */
@NullMarked
package io.mistersmith.persistence.migration;

import org.jspecify.annotations.NullMarked;
