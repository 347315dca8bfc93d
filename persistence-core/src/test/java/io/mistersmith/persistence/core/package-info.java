/** Tests of the engine as a whole. */
@NullMarked
package io.mistersmith.persistence.core;

import org.jspecify.annotations.NullMarked;
