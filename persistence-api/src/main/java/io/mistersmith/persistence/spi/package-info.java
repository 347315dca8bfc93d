/**
 * The interfaces of stores. Implemented over NATS and PostgreSQL by the engine, and in memory by
 * the test kit; applications do not call it.
 */
@NullMarked
package io.mistersmith.persistence.spi;

import org.jspecify.annotations.NullMarked;
