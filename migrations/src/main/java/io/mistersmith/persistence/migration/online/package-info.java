/**
 * Changes of tables that go on while the tables are in use: a column that is added and filled batch
 * by batch, and a table that gets another structure by way of a shadow. What a change does to the
 * database is done by the functions of the schema migrations; here is what paces them, repeats what
 * had to give way, and goes on where another process stopped.
 */
@NullMarked
package io.mistersmith.persistence.migration.online;

import org.jspecify.annotations.NullMarked;
