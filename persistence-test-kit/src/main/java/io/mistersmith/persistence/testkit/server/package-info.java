/**
 * Starts real PostgreSQL and NATS servers for tests and demonstrations, fetches their programs
 * where none is installed, and does to them what a bad day does: kill, pause, restart, and an older
 * copy of the data put back. Servers listen on the loopback interface only and die with the JVM
 * that started them.
 */
@NullMarked
package io.mistersmith.persistence.testkit.server;

import org.jspecify.annotations.NullMarked;
