/** Tests of this room. */
@NullMarked
package io.mistersmith.persistence.core.internal.security;

import org.jspecify.annotations.NullMarked;
