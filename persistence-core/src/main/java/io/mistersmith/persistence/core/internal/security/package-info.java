/** Protects what is stored: forgets agents. */
@NullMarked
package io.mistersmith.persistence.core.internal.security;

import org.jspecify.annotations.NullMarked;
