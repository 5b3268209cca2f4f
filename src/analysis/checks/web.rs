//! Checks of Spring controllers: state changed by GET, critical functions without a look at the caller.
//! Must not know paths of data.

use super::facts::callee_name;
use super::{Checker, Context, Subject, classes, names};
use crate::ir::{AnnotationUse, AnnotationValue, FuncKind, Language};
use crate::program::Program;
use crate::rules::CheckKind;
use crate::syntax::document::{DocumentContent, Element};

/// Names of methods that change what is stored.
const CHANGES: &[&str] =
    &["delete", "remove", "insert", "update", "save", "create", "modify", "regist", "register", "edit", "change", "reset"];

/// What, when changed, is critical.
const CRITICAL: &[&str] = &["password", "passwd", "pwd", "member", "user", "author", "authority", "role", "account", "mber"];

/// Calls and parameters that look at the caller.
const LOOKS: &[&str] = &[
    "session",
    "principal",
    "authenticated",
    "authentication",
    "authorities",
    "authority",
    "auth",
    "login",
    "role",
    "permission",
    "permitted",
    "certification",
    "currentuser",
];

/// Whether the project guards its controllers in one place: interceptors, filters, Spring Security.
#[derive(Debug, Default)]
pub(super) struct Guards {
    central: bool,
}

const GUARD_TYPES: &[&str] = &[
    "org.springframework.web.servlet.HandlerInterceptor",
    "org.springframework.web.servlet.handler.HandlerInterceptorAdapter",
    "org.springframework.security.config.annotation.web.configuration.WebSecurityConfigurerAdapter",
    "org.springframework.web.filter.OncePerRequestFilter",
];

impl Guards {
    pub(super) fn of(ctx: &Context<'_>) -> Guards {
        let program = ctx.program;
        let by_class =
            program.classes.iter().any(|class| class.supers.iter().any(|parent| GUARD_TYPES.contains(&parent.as_str())));
        let is_guard =
            |function: &crate::ir::Function| function.ret.name().is_some_and(|name| name.simple_name() == "SecurityFilterChain");
        let by_bean = program.units.iter().any(|unit| unit.language == Language::Java && unit.functions.iter().any(is_guard));
        Guards { central: by_class || by_bean || in_documents(program) }
    }
}

fn in_documents(program: &Program) -> bool {
    let mut queue: Vec<&Element> = Vec::new();
    for document in &program.documents {
        if let DocumentContent::Xml(root) = &document.content
            && matches!(root.name.as_str(), "beans" | "mvc" | "http" | "web-app")
        {
            queue.push(root);
        }
    }
    while let Some(element) = queue.pop() {
        let names_security = |element: &Element| {
            element.children.iter().any(
                |child| matches!(child, crate::syntax::document::Node::Text(text, _) if text.contains("DelegatingFilterProxy")),
            )
        };
        if matches!(element.name.as_str(), "interceptors" | "intercept-url" | "security-constraint")
            || element.name == "filter-class" && names_security(element)
        {
            return true;
        }
        queue.extend(element.elements());
    }
    false
}

impl<'a> Checker<'a> {
    pub(super) fn check_web(&mut self, subject: &Subject<'a>, guards: &Guards) {
        let Some(owner) = subject.owner else { return };
        if subject.function.kind != FuncKind::Method || !names::annotated(&owner.annotations, classes::WEB_ANNOTATIONS) {
            return;
        }
        let Some(mapping) = mapping(&subject.function.annotations, &owner.annotations) else { return };
        let first = changing_call(subject);
        self.examine(CheckKind::StateChangingGet);
        if mapping.allows_get
            && !subject.function.params.is_empty()
            && starts_with_change(subject.function.name.as_str())
            && first.is_some()
        {
            let name = subject.function.name;
            self.report_named(CheckKind::StateChangingGet, subject.function.name_span, Some(subject.id), name.as_str());
        }
        if let Some(called) = changing_call(subject).filter(|called| is_critical(called)) {
            self.examine(CheckKind::MissingAuthorization);
            if !guards.central && !looks_at_caller(subject) {
                self.report_named(CheckKind::MissingAuthorization, subject.function.name_span, Some(subject.id), called);
            }
        }
    }
}

struct Mapping {
    allows_get: bool,
}

/// How a method is mapped to requests.
fn mapping(own: &[AnnotationUse], of_class: &[AnnotationUse]) -> Option<Mapping> {
    for used in own {
        match used.name.simple_name() {
            "GetMapping" => return Some(Mapping { allows_get: true }),
            "PostMapping" | "PutMapping" | "DeleteMapping" | "PatchMapping" => return Some(Mapping { allows_get: false }),
            "RequestMapping" => {
                let class = of_class.iter().find(|used| used.name.simple_name() == "RequestMapping").and_then(methods);
                let listed = methods(used).or(class);
                return Some(Mapping { allows_get: listed.is_none_or(|listed| names_get(&listed)) });
            }
            _ => {}
        }
    }
    None
}

fn methods(used: &AnnotationUse) -> Option<AnnotationValue> {
    used.args.iter().find(|(name, _)| name.as_str() == "method").map(|(_, value)| value.clone())
}

fn names_get(value: &AnnotationValue) -> bool {
    match value {
        AnnotationValue::Name(name) => name.simple_name() == "GET",
        AnnotationValue::List(values) => values.is_empty() || values.iter().any(names_get),
        _ => false,
    }
}

fn starts_with_change(name: &str) -> bool {
    names::words(name).first().is_some_and(|first| CHANGES.contains(&first.as_str()))
}

/// The first call by a name that says that something is changed, on something that is no local collection.
fn changing_call(subject: &Subject<'_>) -> Option<&'static str> {
    subject.facts.calls().find_map(|(_, call, _)| {
        let name = callee_name(call)?;
        let receiver = call.receiver.as_ref()?;
        let of_field = subject.facts.load_of(receiver).is_some()
            || subject.facts.class(receiver).is_some_and(|class| {
                ["Service", "Dao", "DAO", "Mapper", "Repository", "Manager"].iter().any(|end| class.as_str().ends_with(end))
            });
        (of_field && !call.args.is_empty() && starts_with_change(name)).then_some(name)
    })
}

fn is_critical(called: &str) -> bool {
    names::words(called).iter().any(|word| CRITICAL.contains(&word.as_str()))
}

fn looks_at_caller(subject: &Subject<'_>) -> bool {
    let says = |name: &str| {
        let lower = name.to_ascii_lowercase();
        LOOKS.iter().any(|word| lower.contains(word))
    };
    let guards = |annotations: &[AnnotationUse]| {
        names::annotated(annotations, &["PreAuthorize", "PostAuthorize", "Secured", "RolesAllowed", "RequiresPermissions"])
    };
    let params = subject.function.params.iter().any(|param| {
        param.ty.name().is_some_and(|name| says(name.simple_name()))
            || param.annotations.iter().any(|used| says(used.name.simple_name()))
    });
    params
        || guards(&subject.function.annotations)
        || subject.owner.is_some_and(|owner| guards(&owner.annotations))
        || subject.facts.calls().any(|(_, call, _)| {
            let owner = match call.callee {
                crate::ir::Callee::Method { owner, .. } => owner.name(),
                _ => None,
            };
            callee_name(call).is_some_and(says) || owner.is_some_and(|owner| says(owner.simple_name()))
        })
}
