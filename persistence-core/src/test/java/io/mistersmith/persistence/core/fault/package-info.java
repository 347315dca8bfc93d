/**
 * Disasters on real servers: each test does one to a running installation and then counts what is
 * in PostgreSQL. Each prints one line that says what it did and what it counted.
 */
@NullMarked
package io.mistersmith.persistence.core.fault;

import org.jspecify.annotations.NullMarked;
