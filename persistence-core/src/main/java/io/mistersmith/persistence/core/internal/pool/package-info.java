/** The pools of connections to PostgreSQL; knows JDBC and HikariCP, and nothing of the tables. */
@NullMarked
package io.mistersmith.persistence.core.internal.pool;

import org.jspecify.annotations.NullMarked;
