/** Tests of this room. */
@NullMarked
package io.mistersmith.persistence.config;

import org.jspecify.annotations.NullMarked;
