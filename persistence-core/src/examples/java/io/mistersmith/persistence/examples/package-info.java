/** Complete programs that the documentation quotes; the build compiles and runs them. */
@NullMarked
package io.mistersmith.persistence.examples;

import org.jspecify.annotations.NullMarked;
