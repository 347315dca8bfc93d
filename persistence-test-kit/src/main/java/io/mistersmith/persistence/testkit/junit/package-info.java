/** A JUnit extension that gives a test the engine over in-memory stores, and a leak checker. */
@NullMarked
package io.mistersmith.persistence.testkit.junit;

import org.jspecify.annotations.NullMarked;
