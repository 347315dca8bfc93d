/**
 * Faults on demand, for any stores: latency, lost requests and acknowledgements, conflicts,
 * outages, stale replicas, and calls that are held until the test lets them go.
 */
@NullMarked
package io.mistersmith.persistence.testkit.fault;

import org.jspecify.annotations.NullMarked;
