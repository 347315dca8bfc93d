package io.mistersmith.persistence.core.metrics;

/** Gauges that can be removed. */
interface Gauges extends AutoCloseable {

  /** Removes the gauges. */
  @Override
  void close();
}
