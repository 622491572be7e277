;; Opens a file, waits for a diagnostic, takes the first code action on it, waits until it is gone, and writes what it saw.
;; For Emacs in batch mode with eglot 1.9 and newer; the settings of docs/editors.md are loaded before.
(require 'cl-lib)
(require 'json)
(package-initialize)
(require 'eglot)

(defvar seen-offered nil)

(defun choose-first (_prompt items &rest _)
  "What is offered, remembered; the first of it, taken."
  (setq seen-offered (all-completions "" items))
  (car seen-offered))

(defun wait-until (holds)
  "Let the server speak until HOLDS."
  (with-timeout (60 nil)
    (while (not (funcall holds))
      (flymake-start)
      (read-event nil nil 0.05))
    t))

(defun place-of (diagnostic)
  `((line . ,(line-number-at-pos (flymake-diagnostic-beg diagnostic)))
    (message . ,(flymake-diagnostic-text diagnostic))))

(let (before)
  (find-file (getenv "DTLINT_FILE"))
  (apply #'eglot (eglot--guess-contact))
  (wait-until #'flymake-diagnostics)
  (setq before (flymake-diagnostics))
  (let ((seen (list (cons 'mode major-mode) (cons 'before (vconcat (mapcar #'place-of before))))))
    (when before
      (goto-char (flymake-diagnostic-beg (car before)))
      ;; As if a key had been pressed: after a click a menu would pop up.
      (cl-letf ((last-nonmenu-event ?q)
                ((symbol-function 'completing-read) #'choose-first)
                ((symbol-function 'y-or-n-p) #'always))
        (eglot-code-actions (flymake-diagnostic-beg (car before)) (flymake-diagnostic-end (car before))
                            "quickfix" t))
      ;; The server is told when the file is written.
      (save-some-buffers t)
      (wait-until (lambda () (null (flymake-diagnostics))))
      (push (cons 'after (length (flymake-diagnostics))) seen)
      (push (cons 'offered (vconcat seen-offered)) seen))
    (write-region (json-encode seen) nil (getenv "DTLINT_OUT"))))
(kill-emacs)
