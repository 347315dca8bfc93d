/**
 * Both stores in memory: real implementations of the SPI, with compare-and-set, markers, history,
 * expiry, a journal that can be read, and on the SQL side fences, tombstones, dead letters, epochs
 * and leases. For tests of applications, and as the second implementation that the contracts hold
 * against.
 */
@NullMarked
package io.mistersmith.persistence.testkit.memory;

import org.jspecify.annotations.NullMarked;
