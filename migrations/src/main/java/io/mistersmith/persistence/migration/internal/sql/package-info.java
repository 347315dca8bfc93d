/**
 * Reads PostgreSQL scripts without a server: tokens, the single statements, and what each of them
 * creates, touches and locks. It judges nothing; {@code internal.lint} does.
 */
@NullMarked
package io.mistersmith.persistence.migration.internal.sql;

import org.jspecify.annotations.NullMarked;
