/** The shortest way to a runtime in a test: over stores in memory, or on real servers. */
@NullMarked
package io.mistersmith.persistence.testkit;

import org.jspecify.annotations.NullMarked;
