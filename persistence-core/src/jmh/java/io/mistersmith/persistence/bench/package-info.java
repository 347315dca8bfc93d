/**
 * The library against hand-written calls of the same servers, in one run: JMH measures, {@code
 * Benchmarks} sums up. Every figure is the median of paired ratios, raw and ours in turn, so that
 * what else the machine does meets both.
 */
@NullMarked
package io.mistersmith.persistence.bench;

import org.jspecify.annotations.NullMarked;
