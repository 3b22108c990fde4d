// Whether single letters act as keys; some input aids type letters of their own (WCAG 2.1.4).
import { recall, remember } from "./storage";

export const lettersOn = (): boolean => recall<boolean>("letters") ?? true;
export const setLetters = (on: boolean): void => remember("letters", on);
