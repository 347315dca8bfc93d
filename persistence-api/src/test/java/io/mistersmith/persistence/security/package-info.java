/** Tests of this room. */
@NullMarked
package io.mistersmith.persistence.security;

import org.jspecify.annotations.NullMarked;
